"""Pure: values and data frames in, scores and labels out. No I/O, no SQL, no HTTP, no clock."""
