"""What formats give their pixels as: things that are indexed by chunks, whole, or mapped, and read by rectangle."""
