"""The section Predict & merge: its work, and the layers that come of it."""
