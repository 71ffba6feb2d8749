-- The words that apply, before they are replaced.
CREATE OR REPLACE TEMP TABLE words_before AS FROM account_words;
