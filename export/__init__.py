"""From a trained network to a model bundle that the runtime reads: torch and onnx live here."""
