// The door to libnvidia-ml: opened with dlopen only, never linked. Its declarations arrive with the
// GPU collector.
#pragma once
