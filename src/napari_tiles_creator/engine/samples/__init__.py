"""The bundled sample images."""
