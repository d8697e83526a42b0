// Fakes
