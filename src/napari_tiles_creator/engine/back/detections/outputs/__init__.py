"""Merged detections as files: GeoJSON, YOLO's text, COCO JSON."""
