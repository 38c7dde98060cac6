use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};

use hickory_resolver::proto::{
    op::{Message, OpCode, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{CNAME, SRV},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
};

/// What a server has for a name and a type.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// These records, and these beside them.
    Records(Vec<Record>, Vec<Record>),
    /// None, for this reason.
    Code(ResponseCode),
    /// More than goes over UDP: it comes over TCP.
    Long(Vec<Record>),
}

/// A server of these names, which notes what it was asked.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
}

#[derive(Default)]
struct Zone {
    answers: Vec<(Name, RecordType, Answer)>,
    asked: Vec<(String, RecordType)>,
}

impl Server {
    /// A server that knows no name. It stays as long as the runtime.
    pub(super) async fn start() -> Self {
        // Both of one number; that of a free UDP port may be taken for TCP.
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let address = udp.local_addr().unwrap();
        let zone = Arc::new(Mutex::new(Zone::default()));
        tokio::spawn(serve_udp(udp, zone.clone()));
        tokio::spawn(serve_tcp(tcp, zone.clone()));
        Self { address, zone }
    }

    /// From now on it has this answer.
    pub(super) fn has(&self, name: &str, kind: RecordType, answer: Answer) {
        let name = self::name(name);
        let mut zone = self.zone.lock().unwrap();
        zone.answers.retain(|row| (&row.0, row.1) != (&name, kind));
        zone.answers.push((name, kind, answer));
    }

    /// What it was asked since the last time, each name once.
    pub(super) fn asked(&self) -> Vec<(String, RecordType)> {
        let mut asked = std::mem::take(&mut self.zone.lock().unwrap().asked);
        let mut seen = Vec::new();
        asked.retain(|question| {
            let is_new = !seen.contains(question);
            seen.push(question.clone());
            is_new
        });
        asked
    }
}

impl Zone {
    fn answer(&mut self, query: &Message, is_udp: bool) -> Vec<u8> {
        let question = query.queries[0].clone();
        let (name, kind) = (question.name().clone(), question.query_type());
        self.asked.push((name.to_lowercase().to_utf8(), kind));
        let mut response = Message::response(query.metadata.id, OpCode::Query);
        response.add_query(question);
        let found = self
            .answers
            .iter()
            .find(|row| row.0 == name && row.1 == kind);
        match found.map(|row| row.2.clone()) {
            Some(Answer::Records(answers, beside)) => {
                response.add_answers(answers);
                response.add_additionals(beside);
            }
            Some(Answer::Long(_)) if is_udp => response.metadata.truncation = true,
            Some(Answer::Long(answers)) => {
                response.add_answers(answers);
            }
            Some(Answer::Code(code)) => response.metadata.response_code = code,
            None => {
                let is_known = self.answers.iter().any(|row| row.0 == name);
                if !is_known {
                    response.metadata.response_code = ResponseCode::NXDomain;
                }
            }
        }
        response.to_vec().unwrap()
    }
}

async fn serve_udp(socket: UdpSocket, zone: Arc<Mutex<Zone>>) {
    let mut bytes = vec![0; 4096];
    loop {
        let (length, client) = socket.recv_from(&mut bytes).await.unwrap();
        let query = Message::from_vec(&bytes[..length]).unwrap();
        let answer = zone.lock().unwrap().answer(&query, true);
        socket.send_to(&answer, client).await.unwrap();
    }
}

async fn serve_tcp(listener: TcpListener, zone: Arc<Mutex<Zone>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(serve_stream(stream, zone.clone()));
    }
}

async fn serve_stream(mut stream: TcpStream, zone: Arc<Mutex<Zone>>) {
    while let Ok(length) = stream.read_u16().await {
        let mut bytes = vec![0; length.into()];
        stream.read_exact(&mut bytes).await.unwrap();
        let query = Message::from_vec(&bytes).unwrap();
        let answer = zone.lock().unwrap().answer(&query, false);
        stream
            .write_u16(answer.len().try_into().unwrap())
            .await
            .unwrap();
        stream.write_all(&answer).await.unwrap();
    }
}

pub(super) fn name(text: &str) -> Name {
    Name::from_utf8(text).unwrap()
}

/// Records of one name: these addresses, true for this many seconds.
pub(super) fn ips(owner: &str, ttl: u32, ips: &[&str]) -> Vec<Record> {
    let ips = ips.iter().map(|ip| ip.parse::<IpAddr>().unwrap());
    let records = ips.map(|ip| Record::from_rdata(name(owner), ttl, ip.into()));
    records.collect()
}

pub(super) fn alias(owner: &str, ttl: u32, target: &str) -> Record {
    Record::from_rdata(name(owner), ttl, RData::CNAME(CNAME(name(target))))
}

/// Priority, weight, port, and target.
pub(super) fn srv(owner: &str, ttl: u32, row: (u16, u16, u16, &str)) -> Record {
    let (priority, weight, port, target) = row;
    let data = SRV::new(priority, weight, port, name(target));
    Record::from_rdata(name(owner), ttl, RData::SRV(data))
}
