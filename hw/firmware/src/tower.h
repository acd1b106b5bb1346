// The stack light: red, amber, green, blue; each off, on, slowly (0.625 Hz) or quickly (2 Hz) flashing.
#pragma once
#include <stdint.h>

enum { TOWER_OFF, TOWER_ON, TOWER_SLOW, TOWER_FAST, TOWER_WAYS };
#define TOWER_LAMPS 4

void tower_set(const uint8_t ways[TOWER_LAMPS]);
void tower_alone(void);            // no host: amber flashes slowly
uint8_t tower_way(uint8_t lamp);
void tower_poll(void);             // once a millisecond
