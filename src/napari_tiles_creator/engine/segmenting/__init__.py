"""Images cut, predicted and merged in one go."""
