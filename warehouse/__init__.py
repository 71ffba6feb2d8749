"""Where results live and how they are asked: SQL files, the builder, the reader."""
