"""One module a form: a Pack in, the files of one other platform out."""
