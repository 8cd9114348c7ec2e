"""Model bundles, ONNX Runtime sessions and exact streaming."""

import os

# ONNX Runtime otherwise writes an identity into the user's cache folder and looks for its maker's
# host: nothing leaves the machine, and nothing is written outside of what was requested.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
