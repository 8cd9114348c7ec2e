"""Export of a trained network as a model bundle; torch and onnx are used only here."""
