"""Ways to write down what is public about us: one file each, an Exposure in, text out."""
