"""One definition of RFM's pass, for engines that read SQL: in the database, over files, on many machines."""
