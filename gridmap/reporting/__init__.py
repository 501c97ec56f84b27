"""Reports as documents: plain values in, the text of one stand-alone file out. No database, no clock, no network."""
