#include "tower.h"

#include <avr/io.h>
#include <string.h>
#include <util/atomic.h>

#include "pins.h"

#define SLOW_MS 1600
#define FAST_MS 500
#define BOTH_MS 8000  // after which slow and fast begin together again

static uint8_t ways[TOWER_LAMPS];

void tower_set(const uint8_t wanted[TOWER_LAMPS]) { memcpy(ways, wanted, TOWER_LAMPS); }

void tower_alone(void) {
    memset(ways, TOWER_OFF, TOWER_LAMPS);
    ways[1] = TOWER_SLOW;
}

uint8_t tower_way(uint8_t lamp) { return ways[lamp]; }

static uint8_t lit(uint8_t lamp, uint16_t phase_ms) {
    switch (ways[lamp]) {
        case TOWER_ON: return 1;
        case TOWER_SLOW: return phase_ms % SLOW_MS < SLOW_MS / 2;
        case TOWER_FAST: return phase_ms % FAST_MS < FAST_MS / 2;
        default: return 0;
    }
}

static void drive(volatile uint8_t *port, uint8_t mask, uint8_t on) {
    if (((*port & mask) != 0) == on) return;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {  // ports are shared with interrupts
        if (on) *port |= mask;
        else *port &= ~mask;
    }
}

void tower_poll(void) {
    static uint16_t phase_ms;  // the clock's milliseconds wrap at 65536, in the middle of a flash
    phase_ms = (phase_ms + 1) % BOTH_MS;
    drive(&PORTC, _BV(TOWER_RED), lit(0, phase_ms));
    drive(&PORTC, _BV(TOWER_AMBER), lit(1, phase_ms));
    drive(&PORTB, _BV(TOWER_GREEN), lit(2, phase_ms));
    drive(&PORTB, _BV(TOWER_BLUE), lit(3, phase_ms));
}
