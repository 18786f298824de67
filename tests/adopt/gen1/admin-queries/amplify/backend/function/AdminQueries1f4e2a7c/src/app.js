// Stands for the file that amplify add auth writes; adopt reads no JavaScript.
