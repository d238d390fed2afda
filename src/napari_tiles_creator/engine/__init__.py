"""The only place where recipe, sources, sinks and layouts meet: plan, measure, cut, write, verify, merge."""
