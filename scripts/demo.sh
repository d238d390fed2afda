#!/bin/sh
# demo.sh BIN FOLDER: write the sample images, export them for a UNet and a YOLO, say what to do next.
set -eu
bin=$1 folder=$2
export_with() {
    echo
    echo "$ tiles-creator export $folder/samples/images $folder/$1 --preset $1"
    "$bin/tiles-creator" export "$folder/samples/images" "$folder/$1" --preset "$1"
}

echo "$ tiles-creator sample $folder/samples"
"$bin/tiles-creator" sample "$folder/samples"
echo
echo "$ tiles-creator scan $folder/samples/images"
"$bin/tiles-creator" scan "$folder/samples/images"
export_with unet
export_with yolo

count() { find "$folder/$1" -name "*.$2" | wc -l | tr -d ' '; }
cat <<END

Done.
  $folder/unet   $(count unet tif) float32 tif tiles, values 0 to 1, for a UNet
  $folder/yolo   $(count yolo png) uint8 png tiles, values 0 to 255, for a YOLO
  tiles.csv in each says which tile is which part of which image.

Open the first tiles of each image in napari, the widget beside them (installs napari the first time):
  make napari OPEN='$folder/unet/*_000.tif'
Next:
  make napari                        the same with the mouse: choose $folder/samples/images
  $bin/tiles-creator export YOUR_FOLDER TILES --preset unet
  $bin/tiles-creator --help
END
