//! A body that a thread writes while it is being sent: what nobody has taken yet is a few pieces.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Frame;
use tokio::sync::mpsc;

/// Bytes of a piece.
const PIECE: usize = 64 * 1024;

/// Pieces that wait to be sent.
const PIECES: usize = 4;

/// The end that is written to.
pub(super) struct Chunks(Coded);

enum Coded {
    Plain(Sender),
    Gzip(GzEncoder<Sender>),
}

impl Chunks {
    pub(super) fn new(compressed: bool) -> (Self, Body) {
        let (send, receive) = mpsc::channel(PIECES);
        let sender = Sender {
            piece: Vec::with_capacity(PIECE),
            send,
        };
        let coded = match compressed {
            true => Coded::Gzip(GzEncoder::new(sender, Compression::fast())),
            false => Coded::Plain(sender),
        };
        (Self(coded), Body::new(Receiver(receive)))
    }

    /// Without it, whoever reads sees that the end is missing.
    pub(super) fn finish(self) -> io::Result<()> {
        let mut sender = match self.0 {
            Coded::Plain(sender) => sender,
            Coded::Gzip(encoder) => encoder.finish()?,
        };
        sender.send_piece()?;
        sender.send(Piece::End)
    }
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Coded::Plain(sender) => sender.write(bytes),
            Coded::Gzip(encoder) => encoder.write(bytes),
        }
    }

    /// Pieces are sent when they are full. What is in one says nothing that could not wait.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Piece {
    Of(Bytes),
    End,
}

struct Sender {
    piece: Vec<u8>,
    send: mpsc::Sender<Piece>,
}

impl Sender {
    fn send_piece(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        self.send(Piece::Of(piece.into()))
    }

    /// Waits until there is room, and fails when nobody reads any more.
    fn send(&self, piece: Piece) -> io::Result<()> {
        let sent = self.send.blocking_send(piece);
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.send_piece()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Receiver(mpsc::Receiver<Piece>);

impl hyper::body::Body for Receiver {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(match ready!(self.0.poll_recv(context)) {
            Some(Piece::Of(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(Piece::End) => None,
            None => Some(Err(io::ErrorKind::UnexpectedEof.into())),
        })
    }
}
