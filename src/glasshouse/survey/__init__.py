"""Our assets in, requests to open databases and their replies; observations, changes and findings out."""
