#include "safety.h"

#include <avr/io.h>
#include <util/atomic.h>

#include "lamps.h"
#include "pins.h"
#include "strobe.h"

volatile uint8_t session, fell_silent, lease_ended;
static volatile uint16_t silence_left, lease_left;  // ms

void safety_heard(void) {
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { silence_left = SILENCE_MS; }
}

void safety_open_session(void) {
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        session = 1;
        fell_silent = lease_ended = 0;
        silence_left = SILENCE_MS;
    }
}

void outputs_safe(void) {
    gate_reject();
    strobe_cancel();
    lamps_off();
}

void safety_tick(void) {
    if (session && --silence_left == 0) {
        session = 0;
        fell_silent = 1;
        outputs_safe();
    }
    if (lease_left && --lease_left == 0) {
        gate_reject();
        lease_ended = 1;
    }
}

void gate_pass(uint16_t lease_ms) {
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        if (session) {  // asked here again: the millisecond may have ended it since the command was read
            lease_left = lease_ms;
            PORTB |= _BV(GATE);
        }
    }
}

void gate_reject(void) {
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        PORTB &= ~_BV(GATE);
        lease_left = 0;
    }
}

uint8_t gate_is_passing(void) { return (PINB & _BV(GATE)) != 0; }

uint16_t gate_lease_ms(void) {
    uint16_t left;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { left = lease_left; }
    return left;
}
