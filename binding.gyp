# For tools that speak node-gyp (npm's own fallback, electron-rebuild): runs the CMake build, which places
# build/Release/mia.node where node-gyp would have.
{
  'targets': [{
    'target_name': 'mia',
    'type': 'none',
    'actions': [{
      'action_name': 'cmake',
      'message': 'Building the native engine with CMake',
      'inputs': ['CMakeLists.txt', 'package.json'],
      'outputs': ['<(PRODUCT_DIR)/mia.node'],
      'action': ['node', 'scripts/build-native.mjs'],
    }],
  }],
}
