"""The way of a message: reception, lanes, pipeline, delivery."""
