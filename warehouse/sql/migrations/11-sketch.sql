-- Near copies are found by sketches. Earlier nights don't have them, so of their texts only equal ones are found.
ALTER TABLE comments ADD COLUMN sketch VARCHAR;
