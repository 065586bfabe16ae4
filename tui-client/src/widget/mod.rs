//! What screens are put together from. Widgets draw on a [`canvas::Canvas`], which is the only door to the buffer: it
//! measures every cluster and knows where the terminal's real cursor goes.

pub mod canvas;
pub mod line_input;
pub mod panel;
pub mod table;
pub mod text_area;
