"""ATT&CK's own objects in; what they say of T1596, how that changed, and our analytics in their form, out."""
