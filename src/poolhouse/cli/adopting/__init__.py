"""`poolhouse adopt`: an Amplify project's definitions, read and written again in Python."""
