// What must hold whatever the host does: the gate lets through only while a live host has asked for it, and no longer
// than it asked for. Counted in the millisecond's interrupt, so that a busy or stuck main loop changes nothing.
#pragma once
#include <stdint.h>

#define SILENCE_MS 500
#define LEASE_MAX_MS 10000

extern volatile uint8_t session;       // the host has said hello and was not silent since
extern volatile uint8_t fell_silent;   // set when a session ended by silence; cleared by who reports it
extern volatile uint8_t lease_ended;   // set when the gate fell because its time was up; likewise

void safety_heard(void);               // the host said something valid
void safety_open_session(void);
void safety_tick(void);                // for the millisecond's interrupt
void outputs_safe(void);               // reject, dark, no shot; the tower is left alone
void gate_pass(uint16_t lease_ms);
void gate_reject(void);
uint8_t gate_is_passing(void);         // what the pin says
uint16_t gate_lease_ms(void);          // how long it will yet let through
