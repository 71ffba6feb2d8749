"""How a release is made: the wheel, what is in it, and the docs as a site."""
