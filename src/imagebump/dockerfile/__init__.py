"""The Dockerfile as a text that is read and never guessed at."""
