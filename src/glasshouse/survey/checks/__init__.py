"""The exposure checks: one file each, what databases say in, what is wrong with it out."""
