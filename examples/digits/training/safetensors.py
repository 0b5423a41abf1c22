"""Reads and writes the safetensors format: a length, a JSON header, the bytes. https://github.com/huggingface/safetensors"""
import json
import struct

import numpy as np

DTYPES = {'U8': np.uint8, 'F32': np.float32}
NAMES = {np.dtype(dtype): name for name, dtype in DTYPES.items()}


def load(path):
    data = path.read_bytes()
    (length,) = struct.unpack_from('<Q', data)
    tensors, body = {}, data[8 + length:]
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != '__metadata__':
            begin, end = entry['data_offsets']
            tensors[name] = np.frombuffer(body[begin:end], DTYPES[entry['dtype']]).reshape(entry['shape'])
    return tensors


def save(path, tensors, metadata):
    header, offset = {'__metadata__': {k: str(v) for k, v in metadata.items()}}, 0
    for name, tensor in tensors.items():
        end = offset + tensor.nbytes
        header[name] = {'dtype': NAMES[tensor.dtype], 'shape': list(tensor.shape), 'data_offsets': [offset, end]}
        offset = end
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)  # the tensors start at a multiple of 8 bytes
    path.write_bytes(struct.pack('<Q', len(text)) + text + b''.join(t.tobytes() for t in tensors.values()))
