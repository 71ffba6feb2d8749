"""How people get answers: SQL, exports, scored files, the state of each night."""
