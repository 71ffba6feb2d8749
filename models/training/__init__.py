"""How a model is made: labelled comments, networks, export, evaluation, the registry."""
