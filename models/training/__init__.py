"""How a model is made: labelled comments, networks, export, evaluation, the registry."""

from contextlib import suppress

with suppress(ImportError):
    import triton  # noqa: F401  of PyTorch, if it is there: loaded after TensorFlow, it ends the process
