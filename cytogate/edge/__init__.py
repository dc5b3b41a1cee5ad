"""The edge: text files become plain values with their lines, and every slip is said in plain words."""
