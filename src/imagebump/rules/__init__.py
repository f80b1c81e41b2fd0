"""The rules of lint, a module each; which there are says `imagebump.rules.table`."""
