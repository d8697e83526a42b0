// A library that has none of the functions.
int fake_nvml_empty;
