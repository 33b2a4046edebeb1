package fake

import (
	"maps"
	"sync"
	"time"
)

// A Config is what the operator configured.
type Config struct {
	host *Host

	mu    sync.Mutex
	pairs map[string]string
}

// NewConfig returns an empty one.
func NewConfig(host *Host) *Config {
	return &Config{host: host, pairs: map[string]string{}}
}

// Set configures a value.
func (c *Config) Set(key, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pairs[key] = value
}

// Remove takes a value away.
func (c *Config) Remove(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pairs, key)
}

// Get is the value of a key, or nil.
func (c *Config) Get(key string) (*string, *Error) {
	return Run(c.host, Call{defaultLabel, "get", Read}, func(Route, time.Time) (*string, *Error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if value, present := c.pairs[key]; present {
			return &value, nil
		}
		return nil, nil
	})
}

// All is a copy of all pairs.
func (c *Config) All() (map[string]string, *Error) {
	return Run(c.host, Call{defaultLabel, "get-all", Read}, func(Route, time.Time) (map[string]string, *Error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return maps.Clone(c.pairs), nil
	})
}
