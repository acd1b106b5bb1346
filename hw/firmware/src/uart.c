#include "uart.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#define BAUD_DIVISOR 34  // 16 MHz / (8 * 35) = 57143

static uint8_t rx[128], tx[256];
static volatile uint8_t rx_in, rx_out, tx_in, tx_out;
static volatile uint8_t damaged;

void uart_start(void) {
    UCSR0A = _BV(U2X0);
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UBRR0 = BAUD_DIVISOR;
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

ISR(USART_RX_vect) {
    uint8_t status = UCSR0A, byte = UDR0;
    uint8_t after = (rx_in + 1) % sizeof rx;
    if ((status & (_BV(FE0) | _BV(DOR0))) || after == rx_out) {
        damaged = 1;
        return;
    }
    rx[rx_in] = byte;
    rx_in = after;
}

int16_t uart_get(void) {
    if (rx_in == rx_out) {
        // Reported once what came before is read: the damage is at or behind it.
        if (!damaged) return UART_NONE;
        damaged = 0;
        return UART_DAMAGED;
    }
    uint8_t byte = rx[rx_out];
    rx_out = (rx_out + 1) % sizeof rx;
    return byte;
}

ISR(USART_UDRE_vect) {
    if (tx_in == tx_out) {
        UCSR0B &= ~_BV(UDRIE0);
        return;
    }
    UDR0 = tx[tx_out];
    tx_out = (uint8_t)((tx_out + 1) % sizeof tx);
}

void uart_put(uint8_t byte) {
    uint8_t after = (uint8_t)((tx_in + 1) % sizeof tx);
    while (after == tx_out) {}
    tx[tx_in] = byte;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        tx_in = after;
        UCSR0B |= _BV(UDRIE0);
    }
}

uint8_t uart_room(void) {
    uint8_t used = (uint8_t)(tx_in - tx_out) % sizeof tx;
    return sizeof tx - 1 - used;
}
