"""Model bundles, ONNX Runtime sessions and exact streaming."""
