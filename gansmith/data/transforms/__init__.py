"""What is made of a data set: pairs by degradation or noise, sizes, windows, embeddings."""
