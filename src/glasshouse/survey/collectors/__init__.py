"""The open databases that are asked about us: one file each, a subject in, requests and facts out."""
