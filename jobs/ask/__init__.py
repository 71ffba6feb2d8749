"""Getting answers: SQL, exports, scored files, the status of each night."""
