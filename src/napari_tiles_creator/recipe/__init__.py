"""What the user asks for: a frozen, validated value of six sections."""
