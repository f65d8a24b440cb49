"""What we know: files and servers in, facts about ourselves out; and what they say about an episode."""
