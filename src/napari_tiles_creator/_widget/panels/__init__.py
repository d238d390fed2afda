"""The five panels: sections of the recipe as rows of fields."""
