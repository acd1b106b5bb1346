// Eight lamps with 256 levels: n of 256 parts of the period, 255 is always on.
// 1 to 4: timers 0 and 2, 62.5 kHz, made by hardware. 5 to 8: 1 kHz, made by the millisecond's interrupt.
#pragma once
#include <stdint.h>

#define LAMPS 8

typedef struct {
    volatile uint8_t *port;
    uint8_t mask;
} pin_t;

// These soft lamps go off so many cycles after the start of the millisecond.
typedef struct {
    uint16_t at;
    uint8_t lamps;
} soft_edge_t;

// What a millisecond of the soft lamps looks like.
typedef struct {
    uint8_t lit;    // on at its start
    uint8_t edges;  // how many of:
    soft_edge_t edge[4];
} soft_t;

extern soft_t *volatile soft;  // read by the millisecond's interrupt

void lamps_start(void);
void lamps_set(const uint8_t levels[LAMPS]);
void lamps_off(void);   // at once; from interrupts too
void lamps_swap(void);  // for the millisecond's interrupt
uint8_t lamp_level(uint8_t lamp);  // 0 to 7
pin_t lamp_pin(uint8_t lamp);
