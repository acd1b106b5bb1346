// The serial line, 57600 baud 8N1 (0.8 % fast of it at 16 MHz), with buffers of its own.
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { UART_NONE = -1, UART_DAMAGED = -2 };  // damaged: bytes were lost or garbled here

void uart_start(void);
int16_t uart_get(void);             // a byte, or one of the above
void uart_put(uint8_t byte);        // waits while the buffer is full
uint8_t uart_room(void);
