// node-addon-api, as this project uses it: the only way to include it.
#pragma once

// worker.terminate() may strike inside any call into V8; the exception that then cannot be
// thrown must be dropped. Without this node-addon-api aborts the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>
